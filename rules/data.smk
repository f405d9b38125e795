# Stage: data.
