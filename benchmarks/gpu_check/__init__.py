"""What `benchmarks/check_gpu.py` looks at: the library on a GPU beside the CPU, its speed, and rows of Table 1."""
