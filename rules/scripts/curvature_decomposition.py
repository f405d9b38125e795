from influence_lab.artifacts import read_arrays, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.decomposition import decomposition
from influence_lab.models.digit_networks import load_digit_networks

with batch(snakemake):
    digits, trained = read_arrays(snakemake.input.digits), read_arrays(snakemake.input.networks)
    networks = load_digit_networks(digits, trained, snakemake.wildcards.loss)
    table, spectra = decomposition(
        networks.network, networks.loss, networks.checkpoints, *networks.train, snakemake.params.dampings
    )
    write_table(snakemake.output.table, table)
    write_arrays(snakemake.output.spectra, **{name: values.numpy() for name, values in spectra.items()})
