# Stage: attributions.
