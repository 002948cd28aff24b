"""What every job of the workflow does: threads, devices, interruptions, provenance."""
