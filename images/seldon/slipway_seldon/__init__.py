"""The SeldonDeployment API, compact edition: a kopf operator for models that run in one container per predictor."""
