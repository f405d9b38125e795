"""Check the whole configuration before any job starts."""

from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from influence_lab.config.ask import Ask
from influence_lab.config.data_selection import DataSelection
from influence_lab.config.datamodels_trak import DatamodelsTrak
from influence_lab.config.functioning_groups import FunctioningGroups
from influence_lab.config.gauss_newton import GaussNewton
from influence_lab.config.head_influence import HeadInfluence, ImageGroupsBench
from influence_lab.config.image_groups import ImageGroups
from influence_lab.config.image_partition import ImagePartition
from influence_lab.config.images import Images
from influence_lab.config.language_model import LanguageModel
from influence_lab.config.lm_scoreboard import LmScoreboard
from influence_lab.config.multi_stage import MultiStage
from influence_lab.config.near_duplicates import NearDuplicates
from influence_lab.config.relative_influence import RelativeInfluence
from influence_lab.config.response_functions import ResponseFunctions
from influence_lab.config.scaling_to_corpora import ScalingToCorpora
from influence_lab.config.section import Section
from influence_lab.config.selection_systems import SelectionSystems
from influence_lab.config.small_gpt import SmallGPT
from influence_lab.config.small_gpt_tuning import SmallGPTTuning
from influence_lab.config.taylor_neumann import TaylorNeumann
from influence_lab.config.token_influence import TokenInfluence
from influence_lab.config.toy import Toy
from influence_lab.config.toy_scoreboard import ToyScoreboard
from influence_lab.config.two_stage_lm import TwoStageLm
from influence_lab.config.two_stage_retraining import TwoStageRetraining
from influence_lab.config.weights_boundary import WeightsBoundary


class ConfigError(ValueError):
    """The configuration is not as it must be: one line with the key's dotted path, what was got, what is allowed."""


class Configuration(Section):
    """Everything in `config.yaml`: a section for each page, and one for the toy data."""

    taylor_neumann: TaylorNeumann
    gauss_newton: GaussNewton
    response_functions: ResponseFunctions
    relative_influence: RelativeInfluence
    functioning_groups: FunctioningGroups
    datamodels_trak: DatamodelsTrak
    images: Images
    head_influence: HeadInfluence
    image_groups_bench: ImageGroupsBench
    image_groups: ImageGroups
    image_partition: ImagePartition
    near_duplicates: NearDuplicates
    language_model: LanguageModel
    token_influence: TokenInfluence
    scaling_to_corpora: ScalingToCorpora
    lm_scoreboard: LmScoreboard
    selection_systems: SelectionSystems
    multi_stage: MultiStage
    toy: Toy
    toy_scoreboard: ToyScoreboard
    weights_boundary: WeightsBoundary
    small_gpt: SmallGPT
    small_gpt_tuning: SmallGPTTuning
    two_stage_lm: TwoStageLm
    ask: Ask
    data_selection: DataSelection
    two_stage_retraining: TwoStageRetraining


def check(config: dict[str, Any]) -> dict[str, Any]:
    """Validate a configuration, overlays and `--config` included.

    Args:
        config: as Snakemake merged it.

    Returns:
        The same as plain data, numbers converted to the types that the rules expect.

    Raises:
        ConfigError: the first unknown key, wrong type or value out of range.
    """
    try:
        return Configuration.model_validate(config).model_dump()
    except ValidationError as error:
        raise ConfigError(_line(error.errors()[0])) from None


def _line(error: ErrorDetails) -> str:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        allowed = _fields_beside(error["loc"])
        close = get_close_matches(str(error["loc"][-1]), allowed, n=1)
        guess = f" (did you mean {close[0]}?)" if close else ""
        return f"config: {path}: unknown key{guess}; allowed here: {', '.join(allowed)}"
    if error["type"] == "missing":
        return f"config: {path}: missing; config.yaml has its default"
    allowed = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"config: {path}: got {error['input']!r}; allowed: {allowed}"


def _fields_beside(location: tuple[int | str, ...]) -> list[str]:
    section: Any = Configuration
    for part in location[:-1]:
        section = section.model_fields[part].annotation
    return sorted(section.model_fields)
