"""The name under which `snakemake --logger progress` finds the view of a build's progress, with this folder's parent on
PYTHONPATH; without, Snakemake prints as ever."""

from reproduction.runtime.build_view import BuildView as LogHandler

__all__ = ["LogHandler"]
