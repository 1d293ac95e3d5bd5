module slipway.dev/executor-load

go 1.26.0
