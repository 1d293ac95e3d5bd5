package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// writeCNI writes the list of CNI plugins (specification 1.0.0) for one host: a bridge with this host's block of
// addresses, and a route to the other hosts' blocks through it. Masquerading is flannel's business.
func writeCNI(path, network, block string, mtu int) error {
	type object = map[string]any
	plugins := []object{
		{
			"type": "bridge", "bridge": "cni0", "mtu": mtu,
			"isGateway": true, "isDefaultGateway": true, "hairpinMode": true, "ipMasq": false,
			"ipam": object{
				"type":   "host-local",
				"ranges": [][]object{{{"subnet": block}}},
				"routes": []object{{"dst": network}},
			},
		},
		{"type": "portmap", "capabilities": object{"portMappings": true}},
	}
	text, err := json.MarshalIndent(object{"cniVersion": "1.0.0", "name": "cbr0", "plugins": plugins}, "", "  ")
	if err != nil {
		return err
	}
	// The runtime reads it at any moment.
	part := filepath.Join(filepath.Dir(path), ".flannel.part")
	if err := os.WriteFile(part, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(part, path)
}
