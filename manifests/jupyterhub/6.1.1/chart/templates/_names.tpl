{{- /* Every name, once. The hub finds proxy and Service by these (slipway_hub/configure.py): they are no values. */}}
{{- define "jupyterhub.hub" -}} hub {{- end }}
{{- define "jupyterhub.hub.config" -}} hub-config {{- end }}
{{- define "jupyterhub.hub.code" -}} hub-code {{- end }}
{{- define "jupyterhub.hub.database" -}} hub-db {{- end }}
{{- define "jupyterhub.proxy" -}} proxy {{- end }}
{{- define "jupyterhub.proxy.api" -}} proxy-api {{- end }}
{{- define "jupyterhub.proxy.public" -}} proxy-public {{- end }}
{{- define "jupyterhub.spawner" -}} jupyterhub-spawner {{- end }}
{{- define "jupyterhub.mapping" -}} jupyterhub-{{ . }} {{- end }}

{{- define "jupyterhub.hub.url" -}}
http://{{ include "jupyterhub.hub" . }}.{{ .Release.Namespace }}.svc.cluster.local:8081
{{- end }}
