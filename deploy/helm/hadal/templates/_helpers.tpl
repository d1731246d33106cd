{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "hadal.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Release and chart, unless the release has the chart's name in its own. Labels that Kubernetes makes
     of a StatefulSet's name take eleven characters more. */}}
{{- define "hadal.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "hadal.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "hadal.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "hadal.selector" -}}
app.kubernetes.io/name: {{ include "hadal.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* metadata of everything: a list of the root, and further labels and annotations. */}}
{{- define "hadal.metadata" -}}
{{- $root := index . 0 -}}
{{- $labels := merge (dict) (index . 1 | default dict) ($root.Values.commonLabels | default dict) -}}
{{- $annotations := merge (dict) (index . 2 | default dict) ($root.Values.extraAnnotations | default dict) -}}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "hadal.selector" $root | nindent 2 }}
  app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ $root.Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
  {{- with $labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "hadal.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "hadal.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "hadal.vcsSecretName" -}}
{{- default (printf "%s-webhook" (include "hadal.fullname" .)) .Values.vcsSecretName -}}
{{- end -}}

{{/* Not empty where a personal access token is what the server proves itself with. */}}
{{- define "hadal.token" -}}
{{- $a := .Values.azuredevops -}}
{{- if and (eq $a.auth "token") (or $a.user (not $a.organizationsSecretName)) }}yes{{ end -}}
{{- end -}}

{{- define "hadal.url" -}}
{{- if .Values.atlantisUrl -}}
{{- .Values.atlantisUrl -}}
{{- else if and .Values.ingress.enabled .Values.ingress.host -}}
{{- printf "%s://%s" (ternary "https" "http" (not (empty .Values.ingress.tls))) .Values.ingress.host -}}
{{- end -}}
{{- end -}}

{{/* Atlantis's chart has no number here; without one, ours. */}}
{{- define "hadal.terminationGrace" -}}
{{- .Values.terminationGracePeriodSeconds | default 390 -}}
{{- end -}}

{{/* Variables that have a value of their own: empty ones are left to the server's default. */}}
{{- define "hadal.settings" -}}
{{- $v := .Values -}}
{{- if not (or $v.orgAllowlist $v.configSecretName) }}
{{- fail "orgAllowlist says which repositories may use the server: dev.azure.com/my-org/*" }}
{{- end }}
{{- $settings := dict
  "ATLANTIS_PORT" $v.service.targetPort
  "ATLANTIS_DATA_DIR" $v.atlantisDataDirectory
  "HADAL_SHUTDOWN_GRACE" (printf "%ds" (sub (include "hadal.terminationGrace" . | int) 90))
  "ATLANTIS_ATLANTIS_URL" (include "hadal.url" .)
  "ATLANTIS_REPO_ALLOWLIST" $v.orgAllowlist
  "ATLANTIS_LOG_LEVEL" $v.logLevel
  "ATLANTIS_ALLOW_FORK_PRS" (ternary "true" "" $v.allowForkPRs)
  "ATLANTIS_ALLOW_DRAFT_PRS" (ternary "true" "" $v.allowDraftPRs)
  "ATLANTIS_HIDE_PREV_PLAN_COMMENTS" (ternary "true" "" $v.hidePrevPlanComments)
  "ATLANTIS_HIDE_UNCHANGED_PLAN_COMMENTS" (ternary "true" "" $v.hideUnchangedPlanComments)
  "ATLANTIS_ENABLE_DIFF_MARKDOWN_FORMAT" (ternary "" "false" $v.enableDiffMarkdownFormat)
  "ATLANTIS_DISABLE_APPLY_ALL" (ternary "true" "" $v.disableApplyAll)
  "ATLANTIS_DISABLE_REPO_LOCKING" (ternary "true" "" $v.disableRepoLocking)
  "ATLANTIS_DEFAULT_TF_DISTRIBUTION" (ternary "" $v.defaultTFDistribution (eq $v.defaultTFDistribution "terraform"))
  "ATLANTIS_DEFAULT_TF_VERSION" $v.defaultTFVersion
  "ATLANTIS_SSL_CERT_FILE" (ternary "/etc/tls/tls.crt" "" (not (empty $v.tlsSecretName)))
  "ATLANTIS_SSL_KEY_FILE" (ternary "/etc/tls/tls.key" "" (not (empty $v.tlsSecretName)))
  "ATLANTIS_REPO_CONFIG" (ternary "/etc/hadal/repos/repos.yaml" "" (not (empty $v.repoConfig)))
  "ATLANTIS_AZUREDEVOPS_USER" $v.azuredevops.user
  "ATLANTIS_AZUREDEVOPS_WEBHOOK_USER" $v.azuredevops.webhookUser
  "HADAL_AZUREDEVOPS_BASE_URL" $v.azuredevops.baseURL
  "HADAL_AZUREDEVOPS_AUTH" (ternary "" $v.azuredevops.auth (eq $v.azuredevops.auth "token"))
  "HADAL_AZUREDEVOPS_TENANT_ID" $v.azuredevops.tenantId
  "HADAL_AZUREDEVOPS_CLIENT_ID" $v.azuredevops.clientId
  "HADAL_AZUREDEVOPS_ORGANIZATIONS_FILE" (ternary "" "/etc/hadal/organizations/organizations.yaml" (empty $v.azuredevops.organizationsSecretName))
-}}
{{- $given := keys ($v.environment | default dict) }}
{{- range concat ($v.environmentRaw | default list) ($v.environmentSecrets | default list) }}
{{- $given = append $given .name }}
{{- end }}
{{- range $name, $value := $settings }}
{{- if $value }}
{{- if has $name $given }}
{{- fail (printf "environment has %s, which another value of this chart sets: use that" $name) }}
{{- end }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "hadal.secrets" -}}
{{- $v := .Values -}}
{{- $secret := include "hadal.vcsSecretName" . -}}
{{- if not $v.configSecretName }}
{{- $keys := dict "ATLANTIS_AZUREDEVOPS_WEBHOOK_PASSWORD" "azuredevops_webhook_password" }}
{{- if include "hadal.token" . }}
{{- $_ := required "azuredevops.user is the account that comments" $v.azuredevops.user }}
{{- $_ := set $keys "ATLANTIS_AZUREDEVOPS_TOKEN" "azuredevops_token" }}
{{- end }}
{{- range $name, $key := $keys }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $key }}
{{- end }}
{{- end }}
{{- range $v.environmentSecrets }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      {{- toYaml .secretKeyRef | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "hadal.probe" -}}
httpGet:
  path: {{ index . 1 }}
  port: http
  scheme: {{ ternary "HTTPS" "HTTP" (not (empty (index . 0).Values.tlsSecretName)) }}
{{- end -}}
