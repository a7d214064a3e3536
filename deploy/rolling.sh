#!/usr/bin/env bash
# rolling.sh NAME=URL…: exchanges running instances one after another, and goes on only while the others are ready.
#   deploy/rolling.sh natter@1=http://127.0.0.1:9301 natter@2=http://127.0.0.1:9302 natter@3=http://127.0.0.1:9303
# URL is where the instance answers, past the balancer (NATTER_OPS_ADDR if it has one). Settings:
#   RESTART   the command that exchanges an instance, called with its name; `systemctl restart` unless it is set
#   PATIENCE  how many seconds an instance may take until it is ready again; 60 unless it is set
#   REST      how many seconds to rest between two instances; 3 unless it is set
set -euo pipefail

(($#)) || {
    echo 'usage: rolling.sh NAME=URL…' >&2
    exit 2
}
restart=${RESTART:-systemctl restart}
patience=${PATIENCE:-60}
rest=${REST:-3}

# "degraded" counts: without Redis all of them are so, and serve.
is_ready() { curl --silent --fail --max-time 3 --output /dev/null "$1/health/ready"; }

await() {
    local end=$((SECONDS + patience))
    until is_ready "$2"; do
        ((SECONDS < end)) || {
            echo "rolling: $1 is not ready after $patience s; the others are left as they are" >&2
            exit 1
        }
        sleep 0.2
    done
}

for each in "$@"; do
    # One that is down already must not be followed by a second.
    is_ready "${each#*=}" || {
        echo "rolling: ${each%%=*} is not ready; nothing was done" >&2
        exit 1
    }
done

for each in "$@"; do
    name=${each%%=*}
    echo "rolling: $name"
    # Words are meant to be split.
    # shellcheck disable=SC2086
    $restart "$name"
    await "$name" "${each#*=}"
    # What it lost while it was away is found within seconds; balancers notice that it is back.
    sleep "$rest"
done
echo "rolling: all $# instances are exchanged"
