#!/bin/sh
# Installs the HyperFleet API server as a systemd service, or removes it. Uses no network. To upgrade, run it again with a newer
# program: configuration and data are kept.
set -eu
umask 022

usage() {
  cat <<'END'
Usage: install.sh [--binary FILE | --build FOLDER] [--prefix DIR] [--dry-run]
       install.sh --uninstall [--prefix DIR] [--dry-run]

  --binary FILE   install this one-file program
  --build FOLDER  install the build of this folder, made by 'npm ci && npm run build'; needs Node and npm.
                  With neither, the one-file program in dist/ of this project, or else its build
  --prefix DIR    where the program goes (default /usr/local)
  --uninstall     stop the service and remove program and unit; configuration, data and user are kept
  --dry-run       only print what would be done

With DESTDIR in the environment everything goes below that folder, as for a package: no user is made and no service touched.
END
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
project=$(CDPATH='' cd -- "$here/../.." && pwd)
destdir=${DESTDIR:-}
prefix=/usr/local
action=install
dry_run=no
binary=
build=

while [ $# -gt 0 ]; do
  case $1 in
    --binary | --build | --prefix)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case $1 in
        --binary) binary=$2 ;;
        --build) build=$2 ;;
        --prefix) prefix=$2 ;;
      esac
      shift
      ;;
    --uninstall) action=uninstall ;;
    --dry-run) dry_run=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done
case $prefix in
  /*[!A-Za-z0-9/._-]* | *[!/]/ | /) fail "--prefix is '$prefix': it must be a plain absolute path" ;;
  /*) ;;
  *) fail "--prefix is '$prefix': it must be a plain absolute path" ;;
esac

program=$destdir$prefix/bin/hyperfleet
library=$destdir$prefix/lib/hyperfleet
unit=$destdir/etc/systemd/system/hyperfleet.service
configuration=$destdir/etc/hyperfleet
state=$destdir/var/lib/hyperfleet

# Runs a step, or prints it.
run() {
  if [ "$dry_run" = yes ]; then
    echo "would run: $*"
  else
    "$@"
  fi
}

# Writes standard input to a file atomically.
write() {
  if [ "$dry_run" = yes ]; then
    echo "would write: $1 (mode $2)"
    cat >/dev/null
  else
    cat >"$1.new"
    chmod "$2" "$1.new"
    mv -f "$1.new" "$1"
  fi
}

# Checks for a running systemd that must be notified.
has_systemd() {
  [ -z "$destdir" ] && [ -d /run/systemd/system ]
}

choose_source() {
  [ -z "$binary" ] || [ -z "$build" ] || fail "--binary and --build exclude each other"
  if [ -z "$binary$build" ]; then
    case $(uname -m) in
      x86_64) binary=$project/dist/hyperfleet-linux-x64 ;;
      aarch64 | arm64) binary=$project/dist/hyperfleet-linux-arm64 ;;
    esac
    if [ ! -f "$binary" ]; then
      binary=
      build=$project
    fi
  fi
  [ -z "$binary" ] || [ -f "$binary" ] || fail "$binary does not exist"
  [ -z "$build" ] || [ -f "$build/dist/src/cli/hyperfleet.js" ] ||
    fail "no build in $build: run 'npm ci && npm run build' there"
}

make_user() {
  [ -z "$destdir" ] || return 0
  getent passwd hyperfleet >/dev/null ||
    run useradd --system --user-group --home-dir /var/lib/hyperfleet --no-create-home --shell /usr/sbin/nologin hyperfleet
}

make_folders() {
  run mkdir -p "${program%/*}" "${unit%/*}" "$configuration" "$state"
  run chmod 0700 "$state"
  [ -n "$destdir" ] || run chown hyperfleet:hyperfleet "$state"
}

# Replaces the file: a running program cannot be overwritten.
install_binary() {
  run cp "$binary" "$program.new"
  run chmod 0755 "$program.new"
  run mv -f "$program.new" "$program"
  run rm -rf "$library"
}

# Prints the folders of the packages that the server needs at run time.
packages() {
  (cd "$build" && npm ls --omit=dev --all --parseable 2>/dev/null) | sed 1d | cut -c "$((${#build} + 2))-"
}

# Copies the build, with only those package files that this machine loads.
install_build() {
  node=$(command -v node) || fail "node not found: install Node 20.15 or later, or use the one-file program"
  case $node in
    /root/* | /home/*) echo "install.sh: the service has no access to home folders, where $node is: use another node" >&2 ;;
  esac
  build=$(CDPATH='' cd -- "$build" && pwd -P)
  needed=$(packages)
  [ -n "$needed" ] || fail "no packages in $build: run 'npm ci' there"
  run rm -rf "$library.new"
  run mkdir -p "$library.new/dist"
  for part in package.json LICENSE dist/src dist/tools dist/native dist/build-info.json; do
    [ ! -e "$build/$part" ] || run cp -R "$build/$part" "$library.new/$part"
  done
  for package in $needed; do
    run mkdir -p "$library.new/${package%/*}"
    # Nested packages have been copied with their parent.
    [ -e "$library.new/$package" ] || run cp -R "$build/$package" "$library.new/$package"
  done
  run node "$project/scripts/build/trim.mjs" "$library.new"
  run chmod -R a+rX "$library.new"
  run rm -rf "$library"
  run mv "$library.new" "$library"
  write "$program" 0755 <<END
#!/bin/sh
exec "$node" --enable-source-maps "$prefix/lib/hyperfleet/dist/src/cli/hyperfleet.js" "\$@"
END
}

install_unit() {
  sed "s|^ExecStart=/usr/local/|ExecStart=$prefix/|" "$here/hyperfleet.service" | write "$unit" 0644
}

# Upgrades keep the settings. They may contain passwords, such as in the URL of a collector.
install_configuration() {
  [ ! -e "$configuration/config.yaml" ] || return 0
  write "$configuration/config.yaml" 0640 <<'END'
# Settings of the HyperFleet API server: 'hyperfleet config' shows all of them with their sources.
storage:
  path: /var/lib/hyperfleet/data
END
  [ -n "$destdir" ] || run chgrp hyperfleet "$configuration/config.yaml"
}

install() {
  choose_source
  [ -n "$destdir" ] || [ "$dry_run" = yes ] || [ "$(id -u)" = 0 ] || fail "this needs root; --dry-run does not"
  make_user
  make_folders
  if [ -n "$binary" ]; then install_binary; else install_build; fi
  install_unit
  install_configuration
  [ "$dry_run" = no ] || return 0
  if has_systemd; then systemctl daemon-reload; fi
  echo "installed $program; settings are in $configuration/config.yaml, data is in $state"
  echo "to start it now and with the system: systemctl enable --now hyperfleet"
  echo "after an upgrade:                    systemctl restart hyperfleet"
}

uninstall() {
  [ -n "$destdir" ] || [ "$dry_run" = yes ] || [ "$(id -u)" = 0 ] || fail "this needs root; --dry-run does not"
  if has_systemd && [ -f "$unit" ]; then run systemctl disable --now hyperfleet; fi
  run rm -f "$unit" "$program"
  run rm -rf "$library" "$destdir/var/cache/hyperfleet"
  if has_systemd; then run systemctl daemon-reload; fi
  [ "$dry_run" = no ] || return 0
  echo "removed the program; kept $configuration, $state and the user hyperfleet"
}

$action
