"""The configuration of page 08_near_duplicates."""

from pydantic import Field

from influence_lab.config.section import Section


class NearDuplicates(Section):
    """The rule that finds near-duplicates, how it is checked, and the images whose near-duplicates are asked for."""

    seed: int = Field(ge=0, description="draws copies, upside-down images and queries")
    coarse: float = Field(ge=0.5, lt=1, description="least correlation of 8 × 8 cells; lower costs time")
    edges: float = Field(gt=0, lt=1, description="least correlation of edges")
    pixels: float = Field(gt=0, lt=1, description="least correlation of colours")
    copies: int = Field(ge=10, description="images of which changed copies are made")
    upside_down: int = Field(ge=10, description="images turned upside down, for the chance level")
    queries: int = Field(ge=2, description="images asked about, one of each cluster")
    all_layer_seeds: int = Field(ge=0, description="training seeds of the CNN whose gradients of all layers are used")
    trak_dimension: int = Field(ge=2, description="of TRAK's random projection, well below the number of images")
    group_size: int = Field(ge=1, le=100, description="images that a greedy group adds to the query")
    groups: int = Field(ge=0, description="queries from which groups are grown, maximised and minimised")
