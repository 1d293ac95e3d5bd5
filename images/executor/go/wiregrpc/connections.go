package wiregrpc

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
)

// perUnit is how many connections one address gets: HTTP/2 lets one connection's streams wait for each other.
const perUnit = 4

// connections are those to all units, made when first needed and kept.
type connections struct {
	mutex sync.RWMutex
	pools map[string]*pool
}

type pool struct {
	next  atomic.Uint32
	conns [perUnit]*grpc.ClientConn
}

// to gives a connection to "host:port", another one each time.
func (c *connections) to(address string) (*grpc.ClientConn, error) {
	c.mutex.RLock()
	found := c.pools[address]
	c.mutex.RUnlock()
	if found == nil {
		var err error
		if found, err = c.open(address); err != nil {
			return nil, err
		}
	}
	return found.conns[found.next.Add(1)%perUnit], nil
}

func (c *connections) open(address string) (*pool, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if found := c.pools[address]; found != nil {
		return found, nil
	}
	made := &pool{}
	for i := range made.conns {
		// A unit that starts beside us is there in a moment: the pause between attempts grows to 2 s at most.
		retry := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second}
		conn, err := grpc.NewClient("passthrough:///"+address,
			grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy(),
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: 5 * time.Second}),
			grpc.WithDefaultCallOptions(
				grpc.ForceCodecV2(newFrames()),
				grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)),
		)
		if err != nil {
			return nil, err
		}
		made.conns[i] = conn
	}
	if c.pools == nil {
		c.pools = map[string]*pool{}
	}
	c.pools[address] = made
	return made, nil
}

// close ends all connections.
func (c *connections) close() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, pool := range c.pools {
		for _, conn := range pool.conns {
			_ = conn.Close()
		}
	}
	c.pools = nil
}
