"""What a build makes: runs, generations, targets, and what each job gets of the config. Never imports torch."""
