package applets

import (
	"context"

	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"

	proxyapp "k8s.io/kubernetes/cmd/kube-proxy/app"
)

func kubelet()   { serve(kubeletapp.NewKubeletCommand(context.Background())) }
func kubeProxy() { serve(proxyapp.NewProxyCommand()) }
