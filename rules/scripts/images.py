from pathlib import Path

import pooch

from influence_lab.artifacts import write_arrays, write_facts
from influence_lab.batch import batch
from influence_lab.data.image_set import facts, first
from influence_lab.data.images import find_images
from influence_lab.data.images_edition import cifar10_path

with batch(snakemake) as terminal:
    asked = snakemake.params
    cache = Path(pooch.os_cache("influence-lab"))
    every = find_images(cifar10_path(), asked.download, asked.digits_seed, cache, terminal)
    images = first(every, asked.train_images, asked.test_images)
    write_arrays(snakemake.output.images, **images._asdict())
    write_facts(snakemake.output.facts, facts(images) | {"edition": asked.edition})
