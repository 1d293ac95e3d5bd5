{{- /* name and namespace of an object beside the hub; the argument: [root, name]. */}}
{{- define "jupyterhub.metadata" -}}
name: {{ index . 1 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "jupyterhub.labels" nil | nindent 2 }}
{{- end }}

{{- define "jupyterhub.labels" -}}
app.kubernetes.io/part-of: slipway
{{- end }}

{{- /* What selects the pods of hub or proxy. */}}
{{- define "jupyterhub.selector" -}}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- /* Names as the hub's environment has them: a list, or a text that is such already. */}}
{{- define "jupyterhub.list" -}}
{{- if kindIs "slice" . }}{{ join "," . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- define "jupyterhub.secretVariable" -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef: {name: {{ (index . 0).Values.users.secret }}, key: {{ index . 2 }}}
{{- end }}

{{- define "jupyterhub.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* Where pods may run, and with which credentials images are pulled; the argument: [root, values of the pod]. */}}
{{- define "jupyterhub.placement" -}}
{{- with (index . 0).Values.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- with (index . 1).nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (index . 1).tolerations }}
tolerations:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}

{{- /* JSON: what is set beyond slipway_hub's own configuration, class → trait → value. */}}
{{- define "jupyterhub.traits" -}}
{{- $spawner := dict }}
{{- with .Values.imagePullSecrets }}{{ $_ := set $spawner "image_pull_secrets" . }}{{ end }}
{{- with .Values.singleuser }}
{{- with .home.storageClass }}{{ $_ := set $spawner "storage_class" . }}{{ end }}
{{- with .nodeSelector }}{{ $_ := set $spawner "node_selector" . }}{{ end }}
{{- with .tolerations }}{{ $_ := set $spawner "tolerations" . }}{{ end }}
{{- with .startTimeout }}{{ $_ := set $spawner "start_timeout" . }}{{ end }}
{{- with .gpus.count }}
{{- $gpus := dict $.Values.singleuser.gpus.resource (toString .) }}
{{- $_ := set $spawner "extra_resource_limits" $gpus }}
{{- $_ := set $spawner "extra_resource_guarantees" $gpus }}
{{- end }}
{{- end }}
{{- $all := deepCopy .Values.hub.config }}
{{- if $spawner }}
{{- $_ := set $all "KubeSpawner" (mergeOverwrite $spawner (get $all "KubeSpawner" | default dict)) }}
{{- end }}
{{- if $all }}{{ toJson $all }}{{ end }}
{{- end }}
