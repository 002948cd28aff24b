"""Raw files of data sets: found, downloaded, unpacked."""
