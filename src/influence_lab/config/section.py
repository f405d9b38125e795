"""What all sections of the configuration share."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of `config.yaml`: unknown keys are refused, values are never changed after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
