// Package source says what an address of a model means to rclone. Pure.
package source

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Source is one place that a model is copied from.
type Source struct {
	// URI as the user wrote it, without a password: for messages.
	URI string
	// Remote is rclone's name for it, "remote:path" or a path of this machine.
	Remote string
	// File: it is a single document at an http(s) address, not a folder.
	File bool
	// SHA256, in hexadecimal, is what a File must have ("" for no check), from the address's fragment #sha256=…
	SHA256 string
}

// standIn are remotes for schemes that no RCLONE_CONFIG_… describes: what clouds' own tools read from the environment.
// Public buckets of Google's need no key, as with Seldon's initializer.
var standIn = map[string]string{
	"s3": ":s3,provider=Other,env_auth=true",
	"gs": ":gcs,anonymous=true",
}

// Parse reads an address: s3://, gs://, http(s)://, file://, a path, or a remote of rclone's that environ (KEY=value)
// describes. Errors name the address and what may stand there.
func Parse(uri string, environ []string) (Source, error) {
	scheme, rest, found := strings.Cut(uri, "://")
	switch {
	case strings.HasPrefix(uri, "/"):
		return Source{URI: uri, Remote: uri}, nil
	case found && scheme == "file":
		if !strings.HasPrefix(rest, "/") {
			return Source{}, fmt.Errorf("%s: file:// needs three slashes and a path, as in file:///models/iris", uri)
		}
		return Source{URI: uri, Remote: rest}, nil
	case found && (scheme == "http" || scheme == "https"):
		return web(uri)
	case found && configured(scheme, environ):
		return Source{URI: uri, Remote: scheme + ":" + strings.TrimPrefix(rest, "/")}, nil
	case found && standIn[scheme] != "":
		remote, err := builtIn(scheme, environ)
		return Source{URI: uri, Remote: remote + ":" + strings.TrimPrefix(rest, "/")}, err
	case !found && strings.Contains(uri, ":"):
		name, inside, _ := strings.Cut(uri, ":")
		if configured(name, environ) || standIn[name] != "" {
			return Parse(name+"://"+inside, environ)
		}
		scheme = name
	}
	if scheme == uri {
		return Source{}, fmt.Errorf("%q is not an address: write s3://, gs://, https://, pvc://, file:// or a path", uri)
	}
	return Source{}, fmt.Errorf("%s: there is no storage named %q; use s3://, gs://, https://, pvc:// or file://, or describe it in the "+
		"Secret of envSecretRefName (RCLONE_CONFIG_%s_TYPE and its keys)", uri, scheme, key(scheme))
}

// key is how rclone writes a remote's name in variables.
func key(remote string) string { return strings.ToUpper(strings.ReplaceAll(remote, "-", "_")) }

func configured(remote string, environ []string) bool {
	return slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, "RCLONE_CONFIG_"+key(remote)+"_TYPE=") })
}

// builtIn adds what the AWS tools' variables say of an endpoint.
func builtIn(scheme string, environ []string) (string, error) {
	remote := standIn[scheme]
	if scheme != "s3" {
		return remote, nil
	}
	values := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	endpoint := values["AWS_ENDPOINT_URL_S3"]
	if endpoint == "" {
		endpoint = values["AWS_ENDPOINT_URL"]
	}
	if endpoint != "" {
		if _, err := url.ParseRequestURI(endpoint); err != nil {
			return "", fmt.Errorf("AWS_ENDPOINT_URL is not an address: %w", err)
		}
		// rclone's own quoting: a value with a colon stands in quotation marks.
		return remote + `,endpoint="` + strings.ReplaceAll(endpoint, `"`, `""`) + `"`, nil
	}
	return strings.Replace(remote, "provider=Other", "provider=AWS", 1), nil
}

func web(uri string) (Source, error) {
	address, err := url.Parse(uri)
	if err != nil || address.Host == "" {
		return Source{}, fmt.Errorf("%s is not an address of a server", uri)
	}
	sum, _ := strings.CutPrefix(address.Fragment, "sha256=")
	if address.Fragment != "" && (len(sum) != 64 || strings.Trim(strings.ToLower(sum), "0123456789abcdef") != "") {
		return Source{}, fmt.Errorf("%s: after # stands sha256= with 64 hexadecimal digits, or nothing", address.Redacted())
	}
	address.Fragment = ""
	from := Source{URI: address.Redacted(), Remote: address.String(), File: true, SHA256: strings.ToLower(sum)}
	if base := path.Base(address.Path); strings.HasSuffix(address.Path, "/") || base == "." || base == "/" {
		// A folder: a page of links, as servers list one.
		from.Remote, from.File = `:http,url="`+strings.ReplaceAll(address.String(), `"`, "%22")+`":`, false
		if sum != "" {
			return Source{}, fmt.Errorf("%s is a folder: a checksum is of one file", uri)
		}
	}
	return from, nil
}
