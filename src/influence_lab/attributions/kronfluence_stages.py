"""EK-FAC by kronfluence, one partition at a time, so that each partition is an artifact and a job of its own.

Covariances of each partition → one eigendecomposition → Λ of each partition → scores of each partition. kronfluence
keeps its files in a folder; each stage here works in a temporary one, into which the files it needs are linked, and
hands over the new files only when they are whole.
"""

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments, ScoreArguments
from kronfluence.utils.dataset import DataLoaderKwargs
from torch import Tensor, nn

from influence_lab.artifacts import read_whole, whole_folder
from influence_lab.attributions.garbage import apart_from_older_objects
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.tensor_files import checked_files
from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.input_errors import InputError

NAME, FACTORS = "language", "ekfac"


@contextmanager
def _analyzer(model: nn.Module, task: LanguageTask, parts: Sequence[Path]) -> Iterator[tuple[Analyzer, Path]]:
    """An analyzer whose factors' folder holds links to the files of `parts`; the folder is given too."""
    logging.getLogger("kronfluence").setLevel(logging.ERROR)
    tracked = prepare_model(deepcopy(model).requires_grad_(True), task)  # it wraps layers in place, and only once
    with TemporaryDirectory() as directory:
        quiet = {"disable_tqdm": True, "log_level": logging.ERROR}
        analyzer = Analyzer(NAME, tracked, task, cpu=True, output_dir=directory, **quiet)
        analyzer.set_dataloader_kwargs(DataLoaderKwargs(collate_fn=collate))
        folder = analyzer.factors_output_dir(FACTORS)
        folder.mkdir(parents=True)
        for part in parts:
            for file in read_whole(part, checked_files):
                (folder / file.name).unlink(missing_ok=True)
                (folder / file.name).symlink_to(file.resolve())
        yield analyzer, folder


def _made_here(file: Path) -> bool:
    return not file.is_symlink()


def _of_all_texts(file: Path) -> bool:
    return "partition" not in file.name


def _keep(folder: Path, target: Path, wanted: Callable[[Path], bool]) -> None:
    """Copy the wanted files of a stage to their place."""
    with whole_folder(target) as partial:
        for file in filter(wanted, folder.iterdir()):
            shutil.copyfile(file, partial / file.name)


def _target(texts: int, partition: int, partitions: int) -> list[int] | None:
    """The partition as kronfluence wants it: nothing may be named where there is only one.

    Raises:
        InputError: there are more partitions than texts.
    """
    if partitions > texts:
        raise InputError(f"language_model.partitions: got {partitions}; allowed: at most {texts}, the number of texts")
    return [partition] if partitions > 1 else None


def _arguments(partitions: int, dtype: torch.dtype) -> FactorArguments:
    """EK-FAC with sampled labels: the true Fisher information, which is the Gauss-Newton matrix."""
    return FactorArguments(
        strategy="ekfac",
        use_empirical_fisher=False,
        covariance_data_partitions=partitions,
        lambda_data_partitions=partitions,
        activation_covariance_dtype=dtype,
        gradient_covariance_dtype=dtype,
        per_sample_gradient_dtype=dtype,
        lambda_dtype=dtype,
        covariance_max_examples=None,
        lambda_max_examples=None,
    )


def _on(data: SequenceDataset, partition: int, partitions: int, batch_size: int) -> dict[str, Any]:
    """What both fits on a partition of the texts are told."""
    return {
        "per_device_batch_size": batch_size,
        "factor_args": _arguments(partitions, data.weights.dtype),
        "target_data_partitions": _target(len(data), partition, partitions),
    }


@apart_from_older_objects
def fit_covariance(
    model: nn.Module,
    task: LanguageTask,
    data: SequenceDataset,
    target: Path,
    partition: int = 0,
    partitions: int = 1,
    batch_size: int = 8,
    seed: int = 0,
) -> None:
    """Covariances A and S of one partition of the texts, into the folder `target` (kronfluence's files)."""
    torch.manual_seed(seed + partition)
    with _analyzer(model, task, []) as (analyzer, folder):
        analyzer.fit_covariance_matrices(FACTORS, data, **_on(data, partition, partitions, batch_size))
        _keep(folder, target, _made_here)


@apart_from_older_objects
def eigendecompose(
    model: nn.Module, task: LanguageTask, covariances: Sequence[Path], target: Path, dtype: torch.dtype
) -> None:
    """Eigenvectors of the covariances summed over the partitions, into the folder `target`."""
    with _analyzer(model, task, covariances) as (analyzer, folder):
        if len(covariances) > 1:
            analyzer.aggregate_covariance_matrices(FACTORS)
        analyzer.perform_eigendecomposition(FACTORS, factor_args=_arguments(len(covariances), dtype))
        _keep(folder, target, _of_all_texts)


@apart_from_older_objects
def fit_lambda(
    model: nn.Module,
    task: LanguageTask,
    data: SequenceDataset,
    eigen: Path,
    target: Path,
    partition: int = 0,
    partitions: int = 1,
    batch_size: int = 8,
    seed: int = 0,
) -> None:
    """The eigenvalues Λ of one partition of the texts in the bases of `eigen`, into the folder `target`.

    Labels are drawn anew: in bases fitted to the same labels, Λ would be too large in the leading directions.
    """
    torch.manual_seed(seed + partitions + partition)
    with _analyzer(model, task, [eigen]) as (analyzer, folder):
        analyzer.fit_lambda_matrices(FACTORS, data, **_on(data, partition, partitions, batch_size))
        _keep(folder, target, _made_here)


@apart_from_older_objects
def aggregate_lambda(model: nn.Module, task: LanguageTask, eigen: Path, lambdas: Sequence[Path], target: Path) -> None:
    """Λ summed over the partitions with the bases: the whole EK-FAC approximation, into the folder `target`."""
    with _analyzer(model, task, [eigen, *lambdas]) as (analyzer, folder):
        if len(lambdas) > 1:
            analyzer.aggregate_lambda_matrices(FACTORS)
        _keep(folder, target, _of_all_texts)


@apart_from_older_objects
def pairwise_scores(
    model: nn.Module,
    task: LanguageTask,
    queries: SequenceDataset,
    data: SequenceDataset,
    factors: Path,
    partition: int = 0,
    partitions: int = 1,
    batch_size: int = 8,
    rank: int | None = None,
    full_svd: bool = False,
    queries_at_once: int | None = None,
    per_token: bool = False,
) -> dict[str, Tensor]:
    """Influence of one partition of the texts on every query's log p, by layer: name to shape (queries, texts).

    λ is a tenth of each layer's mean eigenvalue (Grosse et al. 2023, section 3.3). All queries are preconditioned
    first and held at once; one pass over the texts then serves them all. With fewer `queries_at_once`, each such batch
    of queries pays for a pass of its own. `rank` cuts the preconditioned gradient of each query, by a randomised
    singular value decomposition or, slower, by a full one. `per_token` splits each score over the text's positions,
    shape (queries, texts, T); texts of one batch only, for batches differ in length.
    """
    dtype = data.weights.dtype
    with _analyzer(model, task, [factors]) as (analyzer, _):
        analyzer.compute_pairwise_scores(
            "scores",
            FACTORS,
            queries,
            data,
            per_device_query_batch_size=queries_at_once or len(queries),
            per_device_train_batch_size=batch_size,
            score_args=ScoreArguments(
                damping_factor=None,
                compute_per_module_scores=True,
                compute_per_token_scores=per_token,
                data_partitions=partitions,
                query_gradient_low_rank=rank,
                use_full_svd=full_svd,
                per_sample_gradient_dtype=dtype,
                precondition_dtype=dtype,
                score_dtype=dtype,
            ),
            target_data_partitions=_target(len(data), partition, partitions),
        )
        folder = analyzer.scores_output_dir("scores")
        (file,) = folder.glob("pairwise_scores*.safetensors")
        return analyzer.load_file(file)
