import torch

from influence_lab.curvature.blocks import block_diagonal, solve_blocks
from influence_lab.curvature.gauss_newton import gauss_newton
from tests.curvature.cases import MLP, VECTOR, close


def test_solving_by_blocks_is_solving_with_the_other_blocks_zeroed():
    G, blocks, damping = gauss_newton(*MLP.at), MLP.network.blocks, 0.01
    vector = VECTOR[: len(G)]
    zeroed = block_diagonal(G, blocks) + damping * torch.eye(len(G), dtype=G.dtype)
    assert close(solve_blocks(G, blocks, vector, damping), torch.linalg.solve(zeroed, vector))


def test_off_diagonal_blocks_are_never_read():
    G, blocks = gauss_newton(*MLP.at), MLP.network.blocks
    spoiled = torch.full_like(G, torch.nan)
    for block in blocks:
        spoiled[block, block] = G[block, block]
    vector = VECTOR[: len(G)]
    assert torch.equal(solve_blocks(spoiled, blocks, vector, 0.1), solve_blocks(G, blocks, vector, 0.1))
