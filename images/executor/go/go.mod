module slipway.dev/executor

go 1.26.0
