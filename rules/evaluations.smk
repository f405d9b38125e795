# Stage: evaluations.
