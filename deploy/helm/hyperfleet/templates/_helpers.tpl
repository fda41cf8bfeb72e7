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

{{/* Refuses what the server would refuse at its start, and what the pod cannot do without. Every template begins with it. */}}
{{- define "hyperfleet.check" -}}
{{- include "hyperfleet.checkNulls" . }}
{{- include "hyperfleet.checkSettings" . }}
{{- include "hyperfleet.checkAuthentication" . }}
{{- include "hyperfleet.checkParts" . }}
{{- include "hyperfleet.checkServers" . }}
{{- end }}

{{/* A null takes a default of the chart away: what the templates rest on has to be there. */}}
{{- define "hyperfleet.checkNulls" -}}
{{- if not (kindIs "map" .Values.config) }}
{{- fail "config: null removes all settings; omit it for the chart's defaults" }}
{{- end }}
{{- range list (list "server" "host") (list "server" "port") (list "server" "shutdownDelayMs") (list "server" "shutdownDeadlineMs") (list "health" "port") (list "metrics" "port") }}
{{- $section := index $.Values.config (first .) }}
{{- if not (kindIs "map" $section) }}
{{- fail (printf "config.%s: null leaves the chart without it; leave it out for the default" (first .)) }}
{{- end }}
{{- if kindIs "invalid" (index $section (last .)) }}
{{- fail (printf "config.%s: null leaves the chart without it; leave it out for the default" (join "." .)) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "hyperfleet.checkSettings" -}}
{{- range list (list "storage" "path") (list "storage" "mustExistFile") (list "server" "tlsCertPath") (list "server" "tlsKeyPath") (list "auth" "jwksFile") (list "cluster" "advertiseUrl") (list "cluster" "passwordPath") (list "cluster" "tlsCaPath") (list "cluster" "tlsCertPath") (list "cluster" "tlsKeyPath") }}
{{- if dig (first .) (last .) "" $.Values.config }}
{{- fail (printf "config.%s: set by the chart" (join "." .)) }}
{{- end }}
{{- end }}
{{- $decided := list "HYPERFLEET_CONFIG" "HYPERFLEET_STORAGE_PATH" "HYPERFLEET_SERVER_HOST" "HYPERFLEET_SERVER_PORT" "HYPERFLEET_HEALTH_PORT" "HYPERFLEET_METRICS_PORT" "HYPERFLEET_SERVER_TLS_CERT_PATH" "HYPERFLEET_SERVER_TLS_KEY_PATH" "HYPERFLEET_AUTH_JWKS_FILE" "HYPERFLEET_CLUSTER_ENGINE" "HYPERFLEET_CLUSTER_URL" "HYPERFLEET_CLUSTER_ADVERTISE_URL" "HYPERFLEET_CLUSTER_PASSWORD_PATH" "POD_NAME" }}
{{- range .Values.extraEnv }}
{{- if has .name $decided }}
{{- fail (printf "extraEnv: %s would override a value of the chart; set that value instead" .name) }}
{{- end }}
{{- end }}
{{- range list "server" "health" }}
{{- if not (index $.Values.config . "port") }}
{{- fail (printf "config.%s.port: must not be 0" .) }}
{{- end }}
{{- end }}
{{- $ports := list (int .Values.config.server.port) (int .Values.config.health.port) (int .Values.config.metrics.port) }}
{{- if lt (len (uniq $ports)) 3 }}
{{- fail "config.server.port, config.health.port and config.metrics.port: must differ" }}
{{- end }}
{{- range dig "server" "corsOrigins" list .Values.config }}
{{- if not (regexMatch "^([*]|https?://[^/@?#\\s]+)$" .) }}
{{- fail (printf "config.server.corsOrigins: '%s' is not an origin such as https://console.example.com" .) }}
{{- end }}
{{- end }}
{{- range dig "limits" "trustedProxies" list .Values.config }}
{{- if not (regexMatch "^([0-9]{1,3}([.][0-9]{1,3}){3}(/([12]?[0-9]|3[0-2]))?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/([0-9]{1,2}|1[01][0-9]|12[0-8]))?)$" .) }}
{{- fail (printf "config.limits.trustedProxies: '%s' is not an address or network such as 10.0.0.0/8" .) }}
{{- end }}
{{- end }}
{{- if and (dig "tracing" "enabled" false .Values.config) (not (regexMatch "^https?://[^/\\s]" (dig "tracing" "endpoint" "http://localhost:4318" .Values.config))) }}
{{- fail "config.tracing.endpoint: must be an http or https URL such as http://localhost:4318/v1/traces" }}
{{- end }}
{{- with dig "server" "openapiSchemaPath" "" .Values.config }}
{{- $path := . }}
{{- $mounted := false }}
{{- range $.Values.extraVolumeMounts }}
{{- if hasPrefix (printf "%s/" (trimSuffix "/" .mountPath)) (printf "%s/" $path) }}
{{- $mounted = true }}
{{- end }}
{{- end }}
{{- if not $mounted }}
{{- fail (printf "config.server.openapiSchemaPath: nothing is mounted at %s; see extraVolumes and extraVolumeMounts" $path) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "hyperfleet.checkAuthentication" -}}
{{- $url := dig "auth" "jwksUrl" "" .Values.config }}
{{- range .Values.extraEnv }}
{{- if eq .name "HYPERFLEET_AUTH_JWKS_URL" }}
{{- $url = default "https://of.a.variable" $url }}
{{- end }}
{{- end }}
{{- if and (dig "auth" "enabled" false .Values.config) (not $url) (not .Values.jwks.secretName) }}
{{- fail "config.auth.enabled: no keys for tokens; set config.auth.jwksUrl or jwks.secretName" }}
{{- end }}
{{- if and $url .Values.jwks.secretName }}
{{- fail "config.auth.jwksUrl and jwks.secretName: set only one of them" }}
{{- end }}
{{- if and $url (not (regexMatch "^https?://[^/@?#\\s]+([/?].*)?$" $url)) }}
{{- fail "config.auth.jwksUrl: must be an http or https URL such as https://issuer.example.com/jwks.json, without a user and a password" }}
{{- end }}
{{- if and .Values.jwks.secretName (not (dig "auth" "enabled" false .Values.config)) }}
{{- fail "jwks.secretName: config.auth.enabled is false, so the keys would not be used" }}
{{- end }}
{{- if and .Values.tls.secretName (eq (dig "server" "engine" "auto" .Values.config) "uws") }}
{{- fail "config.server.engine: uws does not support TLS; omit it, or tls.secretName" }}
{{- end }}
{{- end }}

{{- define "hyperfleet.checkParts" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.enabled: ingress.hosts is empty; an Ingress needs a host" }}
{{- end }}
{{- if and (or .Values.podMonitor.enabled .Values.serviceMonitor.enabled) (not .Values.config.metrics.port) }}
{{- fail "podMonitor.enabled, serviceMonitor.enabled: there is nothing to scrape while config.metrics.port is 0" }}
{{- end }}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled }}
{{- fail "podMonitor.enabled and serviceMonitor.enabled: both together would scrape everything twice" }}
{{- end }}
{{- if and .Values.persistence.existingClaim (not .Values.persistence.enabled) }}
{{- fail "persistence.existingClaim: persistence.enabled is false, so the claim would not be used" }}
{{- end }}
{{- if .Values.backup.enabled }}
{{- if not .Values.persistence.enabled }}
{{- fail "backup.enabled: persistence.enabled is false; a backup needs the server's volume" }}
{{- end }}
{{- if not .Values.backup.existingClaim }}
{{- fail "backup.enabled: backup.existingClaim must name the claim for the backups" }}
{{- end }}
{{- if has "ReadWriteOncePod" .Values.persistence.accessModes }}
{{- fail "backup.enabled: persistence.accessModes has ReadWriteOncePod, which excludes the backup's pod" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Not empty if the servers share a journal. */}}
{{- define "hyperfleet.isClustered" -}}
{{- if ne (dig "cluster" "engine" "none" .Values.config) "none" }}true{{ end }}
{{- end }}

{{/* Several servers, and the database with their journal. */}}
{{- define "hyperfleet.checkServers" -}}
{{- $url := dig "cluster" "url" "" .Values.config }}
{{- with .Values.database }}
{{- if and $url .urlSecret.name }}
{{- fail "config.cluster.url and database.urlSecret.name: set only one of them" }}
{{- end }}
{{- if ne (empty .tlsSecret.certKey) (empty .tlsSecret.keyKey) }}
{{- fail "database.tlsSecret.certKey and database.tlsSecret.keyKey: required together" }}
{{- end }}
{{- if and .tlsSecret.certKey (not .tlsSecret.name) }}
{{- fail "database.tlsSecret.certKey: database.tlsSecret.name is empty, so the certificate would not be used" }}
{{- end }}
{{- end }}
{{- if include "hyperfleet.isClustered" . }}
{{- if not (or $url .Values.database.urlSecret.name) }}
{{- fail "config.cluster.engine: no database; set config.cluster.url or database.urlSecret.name" }}
{{- end }}
{{- if and $url (not (regexMatch "^postgres(ql)?://[^/?#\\s]+/[^?#\\s]+([?].*)?$" $url)) }}
{{- fail "config.cluster.url: must be such as postgres://hyperfleet@db.example.com:5432/hyperfleet" }}
{{- end }}
{{- if regexMatch "^[^/]*//[^/@]*:[^/@]*@" $url }}
{{- fail "config.cluster.url: the password belongs in the Secret of database.passwordSecret.name" }}
{{- end }}
{{- if not .Values.persistence.enabled }}
{{- fail "config.cluster.engine: persistence.enabled is false; each server needs a volume, from which it goes on after a restart" }}
{{- end }}
{{- if dig "storage" "mustExist" false .Values.config }}
{{- fail "config.storage.mustExist: a server of a cluster takes the fleet from the others if its volume is empty; leave it out" }}
{{- end }}
{{- else }}
{{- if gt (int .Values.replicaCount) 1 }}
{{- fail "replicaCount: several servers need a journal that they share; set config.cluster.engine to postgres, and the database (docs/guide/several-servers.md)" }}
{{- end }}
{{- range list "urlSecret" "passwordSecret" "tlsSecret" }}
{{- if (index $.Values.database .).name }}
{{- fail (printf "database.%s.name: config.cluster.engine is none, so the database would not be used" .) }}
{{- end }}
{{- end }}
{{- if $url }}
{{- fail "config.cluster.url: config.cluster.engine is none, so the database would not be used" }}
{{- end }}
{{- if .Values.database.init }}
{{- fail "database.init: config.cluster.engine is none, so there is no journal to begin" }}
{{- end }}
{{- end }}
{{- if and (gt (int .Values.replicaCount) 1) .Values.persistence.existingClaim }}
{{- fail "persistence.existingClaim: one claim is not enough for several servers; each gets one of its own" }}
{{- end }}
{{- end }}

{{/* The variables of the server, and of a command that takes its settings. */}}
{{- define "hyperfleet.env" -}}
# Repeated here because a variable of the image would override the file.
- name: HYPERFLEET_SERVER_HOST
  value: {{ .Values.config.server.host | quote }}
{{- if include "hyperfleet.isClustered" . }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
# The other servers reach this one by the name of its pod, ready or not.
- name: HYPERFLEET_CLUSTER_ADVERTISE_URL
  value: {{ printf "%s://$(POD_NAME).%s-headless.%s.svc:%d" (ternary "https" "http" (ne .Values.tls.secretName "")) (include "hyperfleet.fullname" .) .Release.Namespace (int .Values.config.server.port) | quote }}
{{- with .Values.database.urlSecret }}
{{- if .name }}
- name: HYPERFLEET_CLUSTER_URL
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The mounts of the server, and of a command that takes its settings. */}}
{{- define "hyperfleet.mounts" -}}
- name: data
  mountPath: /data
- name: config
  mountPath: /etc/hyperfleet
  readOnly: true
# Temporary folder of `hyperfleet export`.
- name: tmp
  mountPath: /tmp
{{- range list (list .Values.tls.secretName "tls") (list .Values.jwks.secretName "jwks") (list .Values.database.passwordSecret.name "database-password") (list .Values.database.tlsSecret.name "database-tls") }}
{{- if first . }}
- name: {{ last . }}
  mountPath: /run/hyperfleet/{{ last . }}
  readOnly: true
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The affinity of the pod: that of the values, and servers on different nodes. */}}
{{- define "hyperfleet.affinity" -}}
{{- $affinity := deepCopy .Values.affinity }}
{{- if and (gt (int .Values.replicaCount) 1) (ne .Values.antiAffinity "none") (not .Values.affinity.podAntiAffinity) }}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "hyperfleet.selectorLabels" . | fromYaml)) }}
{{- if eq .Values.antiAffinity "required" }}
{{- $_ := set $affinity "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term)) }}
{{- else }}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list (dict "weight" 100 "podAffinityTerm" $term))) }}
{{- end }}
{{- end }}
{{- if $affinity }}{{ toYaml $affinity }}{{ end }}
{{- end }}

{{/* The settings of the server: those of the values, and those that the chart decides. */}}
{{- define "hyperfleet.settings" -}}
{{- $settings := deepCopy .Values.config }}
{{- $storage := dict "path" "/data/fleet" }}
{{- /* A server of a cluster may begin with an empty folder at any time. */}}
{{- if not (include "hyperfleet.isClustered" .) }}
{{- $_ := set $storage "mustExistFile" "/data/fleet-exists" }}
{{- end }}
{{- $decided := dict "storage" $storage }}
{{- if .Values.tls.secretName }}
{{- $_ := set $decided "server" (dict "tlsCertPath" "/run/hyperfleet/tls/tls.crt" "tlsKeyPath" "/run/hyperfleet/tls/tls.key") }}
{{- end }}
{{- if .Values.jwks.secretName }}
{{- $_ := set $decided "auth" (dict "jwksFile" (printf "/run/hyperfleet/jwks/%s" .Values.jwks.key)) }}
{{- end }}
{{- $database := dict }}
{{- with .Values.database }}
{{- if .passwordSecret.name }}
{{- $_ := set $database "passwordPath" (printf "/run/hyperfleet/database-password/%s" .passwordSecret.key) }}
{{- end }}
{{- if .tlsSecret.name }}
{{- range $setting, $key := dict "tlsCaPath" .tlsSecret.caKey "tlsCertPath" .tlsSecret.certKey "tlsKeyPath" .tlsSecret.keyKey }}
{{- if $key }}
{{- $_ := set $database $setting (printf "/run/hyperfleet/database-tls/%s" $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if $database }}
{{- $_ := set $decided "cluster" $database }}
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
