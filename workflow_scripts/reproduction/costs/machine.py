"""What is said of a machine that a build is planned for: its devices, what they can do, and their price."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from geovae.core.errors import GeovaeError
from reproduction.config.base import DISTINCT, Closed, PathText
from reproduction.config.errors import explain
from reproduction.config.files import check_files

Rate = Annotated[float, Field(gt=0, le=1e6)]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1, le=100_000)]


class Peak(Closed):
    """What a device can do at most, by its maker's data sheet, dense."""

    float32: Rate = Field(description="TFLOP/s in float32, without TensorFloat-32, which is off everywhere.")
    bfloat16: Rate = Field(description="TFLOP/s in bfloat16; that of float32 where there are no instructions for it.")
    memory: Rate = Field(description="GB/s of the device's memory.")


class Efficiency(Closed):
    """Shares of the peak that work is taken to reach, where no speed was measured."""

    float32: Share
    bfloat16: Share
    memory: Share


class Machine(Closed):
    """A kind of device, how many of them, and what they cost."""

    name: str = Field(min_length=1, description="As torch names the device: its trainings under `results` are its.")
    device: Literal["cpu", "cuda"] = Field(description="`cpu`: a device is a core.")
    counts: Annotated[list[Count], Field(min_length=1), DISTINCT] = Field(description="How many devices to plan for.")
    cores_per_device: Count = Field(1, description="CPU cores beside each GPU, for the jobs that use none.")
    price_per_hour: float | None = Field(None, ge=0, description="Of one device with its cores.")
    currency: str | None = Field(None, min_length=1)
    peak: Peak | None = Field(None, description="None for a CPU whose cores are like those that were measured.")
    efficiency: Efficiency | None = None
    launch_seconds: float = Field(0.0, ge=0, le=1, description="Least time of one operation of torch.")
    start_seconds: float = Field(0.0, ge=0, le=3600, description="Of a job with torch, beyond those on a CPU.")
    throughputs: PathText | None = Field(
        None, description="Measured trainings: a table with the columns of measured.csv, `device` being the name."
    )
    source: str = Field(min_length=1, description="Where these numbers are from.")

    @model_validator(mode="after")
    def _numbers_belong_together(self) -> "Machine":
        if (self.peak is None) != (self.efficiency is None):
            raise ValueError("peak and efficiency belong together: give both, or neither")
        if self.device == "cuda" and self.peak is None:
            raise ValueError("peak is missing: not every model was measured on a GPU, so its data sheet is needed")
        if (self.price_per_hour is None) != (self.currency is None):
            raise ValueError("price_per_hour and currency belong together: give both, or neither")
        if self.device == "cpu" and self.cores_per_device != 1:
            raise ValueError(f"cores_per_device = {self.cores_per_device}: a device of a CPU is one core")
        return self

    def flops(self, precision: str) -> float:
        """FLOP per second that a training of this `precision` is taken to reach; `auto` is bfloat16."""
        name = "float32" if precision == "float32" else "bfloat16"
        return 1e12 * getattr(self.peak, name) * getattr(self.efficiency, name)

    def bytes_per_second(self) -> float:
        """Bytes per second that products in memory are taken to reach."""
        return 1e9 * self.peak.memory * self.efficiency.memory


def load_machine(path: str | Path) -> Machine:
    """The machine that a YAML file describes.

    Raises:
        GeovaeError: the file cannot be read; or a line for each mistake: the key, its value and what is allowed.
    """
    check_files([path])
    try:
        machine = Machine.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        raise GeovaeError(explain(error, Machine).replace("config: ", f"{path}: ")) from None
    return machine
