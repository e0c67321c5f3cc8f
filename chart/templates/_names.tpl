{{- define "jarvis.name" -}}
{{- if contains "jarvis" .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-jarvis" .Release.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "jarvis.selector" -}}
app.kubernetes.io/name: jarvis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jarvis.labels" -}}
{{ include "jarvis.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "jarvis.image" -}}
{{- if .Values.image.digest }}{{ printf "%s@%s" .Values.image.repository .Values.image.digest }}{{ else }}{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}{{ end }}
{{- end }}

{{- define "jarvis.claim" -}}
{{ .Values.persistence.existingClaim | default (printf "%s-state" (include "jarvis.name" .)) }}
{{- end }}

{{/* Whether manifests come over SSH: neither https:// nor a path. */}}
{{- define "jarvis.ssh" -}}
{{- $remote := dig "git" "remote" "" .Values.config.source -}}
{{- if and $remote (not (hasPrefix "https://" $remote)) (not (hasPrefix "/" $remote)) (not (hasPrefix "file://" $remote)) }}yes{{ end }}
{{- end }}

{{/* What the listener speaks, for those who probe it. */}}
{{- define "jarvis.scheme" -}}
{{- $tls := .Values.config.tls | default (ternary "off" "generated" (.Values.config.trustedProxy | default false)) -}}
{{- ternary "HTTP" "HTTPS" (eq $tls "off") }}
{{- end }}

{{/* jarvis.yaml: the values, and over them what only the chart can know. */}}
{{- define "jarvis.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "listen" "0.0.0.0:7474" -}}
{{- $_ := set $config "state" "/var/lib/jarvis" -}}
{{- $_ := set $config.cluster "token" (dict "file" "/run/secrets/jarvis/pve-token") -}}
{{- if not $config.cluster.tls }}{{- $_ := set $config.cluster "tls" (dict "caFile" "/run/secrets/jarvis/pve-root-ca.pem") -}}{{ end -}}
{{- if include "jarvis.ssh" . }}{{- $_ := set $config.source.git "ssh" (dict "keyFile" "/run/secrets/jarvis/git-key" "knownHostsFile" "/run/secrets/jarvis/known_hosts") -}}{{ end -}}
{{- if and .Values.ingress.enabled (not $config.publicUrl) }}{{- $_ := set $config "publicUrl" (printf "https://%s" .Values.ingress.host) -}}{{ end -}}
{{- if not $config.source }}{{- $_ := unset $config "source" -}}{{ end -}}
{{ toYaml $config }}
{{- end }}
