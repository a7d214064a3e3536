#!/usr/bin/env bash
# render.sh HOST CERTIFICATE KEY INSTANCE…: writes nginx's configuration for these instances to standard output.
#   deploy/nginx/render.sh chat.example.org /etc/ssl/chat.pem /etc/ssl/chat.key 10.0.0.11:3000 10.0.0.12:3000 \
#       > /etc/nginx/conf.d/natter.conf && nginx -t && systemctl reload nginx
set -euo pipefail

(($# >= 4)) || {
    echo 'usage: render.sh HOST CERTIFICATE KEY INSTANCE…' >&2
    exit 2
}
host=$1 certificate=$2 key=$3
shift 3

listen="443 ssl http2;
    listen [::]:443 ssl http2;
    server_name $host;
    access_log /var/log/nginx/access.log natter;
    ssl_certificate $certificate;
    ssl_certificate_key $key"
servers='' sockets=''
for instance in "$@"; do
    servers+="${servers:+
    }server $instance max_fails=1 fail_timeout=2s;"
    sockets+="${sockets:+
    }server $instance max_fails=0;"
done

template=$(<"$(dirname "$0")/natter.conf")
# The comments that explain the placeholders are not for the reader of the result.
template=${template/#*worker_connections*sockets.$'\n'/# Made by deploy/nginx/render.sh from deploy/nginx/natter.conf.$'\n'}
# The placeholders are not this script's variables.
# shellcheck disable=SC2016
template=${template//'${LISTEN}'/$listen}
# shellcheck disable=SC2016
template=${template//'${SOCKETS}'/$sockets}
# shellcheck disable=SC2016
printf '%s\n' "${template//'${SERVERS}'/$servers}"
cat <<END

# Whoever comes in clear is sent to where it is not, but for those who ask whether the name is ours, for a certificate.
server {
    listen 80;
    listen [::]:80;
    server_name $host;
    location / {
        return 308 https://$host\$request_uri;
    }
    location /.well-known/acme-challenge/ {
        root /var/www/html;
    }
}
END
