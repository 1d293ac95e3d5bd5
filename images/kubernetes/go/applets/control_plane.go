package applets

import (
	_ "time/tzdata" // CronJobs with a time zone: the image has no zone files

	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"

	apiserverapp "k8s.io/kubernetes/cmd/kube-apiserver/app"
	managerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func apiServer()         { serve(apiserverapp.NewAPIServerCommand()) }
func controllerManager() { serve(managerapp.NewControllerManagerCommand()) }
func scheduler()         { serve(schedulerapp.NewSchedulerCommand()) }
