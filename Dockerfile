# One image for the Prefect server, MLflow, workers and the dashboard: compose.yaml says which of them a container is.
FROM python:3.11-slim-bookworm

# The two system libraries that opencv-python links to; their versions are those of the Debian release above.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home wardflow \
    && install -d -o wardflow /app /data

WORKDIR /app
COPY --chown=wardflow pyproject.toml constraints.txt README.md ./
COPY --chown=wardflow conf conf
COPY --chown=wardflow components components
COPY --chown=wardflow flows flows
COPY --chown=wardflow plugins plugins
COPY --chown=wardflow docker docker
COPY --chown=wardflow docker/local.yaml conf/local/default.yaml
RUN pip install --no-cache-dir -c constraints.txt -e ".[postgres,dask]"

ENV RUNS=/data/runs PREFECT_HOME=/data/prefect DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true \
    PREFECT_SERVER_ANALYTICS_ENABLED=false PYTHONUNBUFFERED=1 HOME=/tmp
USER 10001
VOLUME /data
ENTRYPOINT ["/app/docker/with_secrets.sh"]
CMD ["python", "-m", "flows.validate"]
