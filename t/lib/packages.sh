# Debian packages, by what needs them. Sourced by up and check.
PACKAGES_RUN=(
	gcc make libc6-dev autoconf automake pkg-config
	libfcgi-dev libcurl4-gnutls-dev libgnutls28-dev libjansson-dev
	libmariadb-dev libical-dev libexpat1-dev libinih-dev libcrypt-dev
	mariadb-server mariadb-client nginx-light radicale
	ca-certificates tzdata curl procps util-linux perl
)
PACKAGES_TEST=(
	apache2-utils nodejs npm chromium fonts-dejavu-core strace git clang libclang-rt-14-dev
	binutils systemd libfaketime
)

# packages_need yes|no NAME...: installs what is missing, or says so.
packages_need() {
	local may=$1 p missing=() policy=/usr/sbin/policy-rc.d made=no
	shift
	for p in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
		*" installed") ;;
		*)
			# Another package may bring the same thing.
			case $p in
			nginx-light) command -v nginx >/dev/null && continue ;;
			npm) command -v npm >/dev/null && continue ;;
			pkg-config) command -v pkg-config >/dev/null && continue ;;
			esac
			missing+=("$p") ;;
		esac
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	if [ "$may" != yes ] || [ "$(id -u)" != 0 ]; then
		printf 'These packages are missing; as root: apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
		exit 1
	fi
	printf 'Installing %s\n' "${missing[*]}"
	if [ ! -e "$policy" ]; then	# no package may start a system service
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		made=yes
	fi
	{ DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; }
	} >/tmp/hawser-apt.$$.log 2>&1 || {
		tail -n 5 /tmp/hawser-apt.$$.log >&2
		[ "$made" = yes ] && rm -f "$policy"
		echo "apt-get failed; see /tmp/hawser-apt.$$.log" >&2
		exit 1
	}
	rm -f /tmp/hawser-apt.$$.log
	[ "$made" = yes ] && rm -f "$policy"
	return 0
}
