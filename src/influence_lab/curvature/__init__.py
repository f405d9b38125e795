"""Hessian, Gauss-Newton, Kronecker factors and solvers."""
