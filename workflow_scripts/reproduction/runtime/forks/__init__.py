"""Jobs as forks of one process that has the libraries loaded, in the place of processes that load them each.

A third of a build of small jobs is `import torch`. Where one machine builds on its CPU, the Snakefile starts a server
(`server`) and puts a `python` in front of the PATH that hands a job's command to it (`python`, `client`). The server
forks; the fork is what `python SCRIPT` would have been: its arguments, environment, folder, files, signals and exit
status are the command's. Without a server the command runs as it stands.
"""
