{{- define "hyperfleet.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 52 characters, so that there is room for what names are made of it. */}}
{{- define "hyperfleet.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "hyperfleet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "hyperfleet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hyperfleet.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "hyperfleet.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "hyperfleet.serviceAccountName" -}}
{{- default (ternary (include "hyperfleet.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "hyperfleet.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{/* Refuses settings that the chart decides or cannot do without. */}}
{{- define "hyperfleet.checkSettings" -}}
{{- range list (list "storage" "path") (list "server" "tlsCertPath") (list "server" "tlsKeyPath") (list "auth" "jwksFile") }}
{{- if dig (first .) (last .) "" $.Values.config }}
{{- fail (printf "config.%s: the chart decides it" (join "." .)) }}
{{- end }}
{{- end }}
{{- range list "server" "health" }}
{{- if not (dig . "port" 0 $.Values.config) }}
{{- fail (printf "config.%s.port: the pod needs one" .) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The settings of the server: those of the values, and those that the chart decides. */}}
{{- define "hyperfleet.settings" -}}
{{- include "hyperfleet.checkSettings" . }}
{{- $settings := deepCopy .Values.config }}
{{- $decided := dict "storage" (dict "path" "/data/fleet") }}
{{- if .Values.tls.secretName }}
{{- $_ := set $decided "server" (dict "tlsCertPath" "/run/hyperfleet/tls/tls.crt" "tlsKeyPath" "/run/hyperfleet/tls/tls.key") }}
{{- end }}
{{- if .Values.jwks.secretName }}
{{- $_ := set $decided "auth" (dict "jwksFile" (printf "/run/hyperfleet/jwks/%s" .Values.jwks.key)) }}
{{- end }}
{{- mergeOverwrite $settings $decided | toJson }}
{{- end }}

{{/* Settings as YAML, values as JSON: toYaml would write a large number with an exponent, because Helm keeps it as a float. */}}
{{- define "hyperfleet.yaml" -}}
{{- range $name, $value := . }}
{{- if kindIs "map" $value }}
{{ $name }}:
{{- include "hyperfleet.yaml" $value | trim | nindent 2 }}
{{- else }}
{{ $name }}: {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* The longest orderly stop, in seconds, and some more. */}}
{{- define "hyperfleet.graceSeconds" -}}
{{- if .Values.terminationGracePeriodSeconds }}
{{- .Values.terminationGracePeriodSeconds }}
{{- else }}
{{- with .Values.config.server }}
{{- add (ceil (divf (addf .shutdownDelayMs .shutdownDeadlineMs) 1000)) 10 }}
{{- end }}
{{- end }}
{{- end }}
