"""What a build will cost before it runs: jobs, trainings, hours, from measured throughputs."""
