package source

import (
	"strings"
	"testing"
)

const sum = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

func TestParse(t *testing.T) {
	described := []string{"RCLONE_CONFIG_S3_TYPE=s3", "RCLONE_CONFIG_MY_STORE_TYPE=webdav"}
	for uri, want := range map[string]struct {
		environ []string
		remote  string
		file    bool
	}{
		"/mnt/pvc/iris":                        {nil, "/mnt/pvc/iris", false},
		"file:///models/iris":                  {nil, "/models/iris", false},
		"gs://bucket/iris":                     {nil, ":gcs,anonymous=true:bucket/iris", false},
		"gs:bucket/iris":                       {nil, ":gcs,anonymous=true:bucket/iris", false},
		"s3://bucket/iris":                     {nil, ":s3,provider=AWS,env_auth=true:bucket/iris", false},
		"s3://b/iris":                          {described, "s3:b/iris", false},
		"s3:b/iris":                            {described, "s3:b/iris", false},
		"my-store://b":                         {described, "my-store:b", false},
		"s3://b":                               {[]string{"AWS_ENDPOINT_URL=http://store:9000"}, `:s3,provider=Other,env_auth=true,endpoint="http://store:9000":b`, false},
		"https://example.com/m.onnx":           {nil, "https://example.com/m.onnx", true},
		"https://example.com/iris/":            {nil, `:http,url="https://example.com/iris/":`, false},
		"https://example.com/m#sha256=" + sum:  {nil, "https://example.com/m", true},
		"https://me:secret@example.com/m.onnx": {nil, "https://me:secret@example.com/m.onnx", true},
	} {
		from, err := Parse(uri, want.environ)
		if err != nil || from.Remote != want.remote || from.File != want.file {
			t.Errorf("%s: %+v, %v", uri, from, err)
		}
		if strings.Contains(from.URI, "secret") {
			t.Errorf("%s: its password is in messages: %s", uri, from.URI)
		}
	}
}

func TestRefusals(t *testing.T) {
	for uri, part := range map[string]string{
		"iris":                                 "is not an address",
		"file://iris":                          "three slashes",
		"nfs://server/iris":                    `no storage named "nfs"`,
		"azureblob:iris":                       "RCLONE_CONFIG_AZUREBLOB_TYPE",
		"https:///iris":                        "not an address of a server",
		"https://example.com/m#sha256=abc":     "64 hexadecimal digits",
		"https://example.com/m/#sha256=" + sum: "of one file",
	} {
		if _, err := Parse(uri, nil); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", uri, err)
		}
	}
}
