-- Beside wardflow's own database, on the first start: one for Prefect, one for MLflow.
CREATE DATABASE prefect;
CREATE DATABASE mlflow;
