package main

import (
	"context"
	"sync/atomic"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// The DaemonSet that this program is of, and its namespace.
const own = "network-policies"

// leaving knows whether the program ends for good: its DaemonSet was deleted, or is being deleted. Any other end is a
// restart. It is watched from the start on, for at the end the program's own rights may be gone already. What cannot be
// seen counts as a restart: nothing opens by mistake.
type leaving struct{ seen atomic.Bool }

// watchLeaving returns once it is known that there is such a DaemonSet.
func watchLeaving(ctx context.Context, client kubernetes.Interface) *leaving {
	found := &leaving{}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(own),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("metadata.name", own).String()
		}))
	informer := factory.Apps().V1().DaemonSets().Informer()
	look := func(obj any) {
		if daemon, ok := obj.(*appsv1.DaemonSet); ok {
			found.seen.Store(daemon.DeletionTimestamp != nil)
		}
	}
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    look,
		UpdateFunc: func(_, now any) { look(now) },
		DeleteFunc: func(any) { found.seen.Store(true) },
	})
	// Not the signal's context: the deletion is told at the time of the signal.
	factory.Start(context.Background().Done())
	cache.WaitForCacheSync(ctx.Done(), informer.HasSynced)
	return found
}

// forGood waits a moment for what is on its way.
func (l *leaving) forGood() bool {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end) && !l.seen.Load(); {
		time.Sleep(pause)
	}
	return l.seen.Load()
}
