//go:build tools

// Package builder pins the programs that the image takes from Go modules.
package builder

import _ "github.com/google/go-containerregistry/cmd/crane"
