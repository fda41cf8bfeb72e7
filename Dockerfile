# The server as an image: built with everything, run with what it needs.
#
#   docker build -t hyperfleet-api .
#   docker run --rm --read-only -v hyperfleet-data:/data -p 8000:8000 -p 8080:8080 -p 9090:9090 hyperfleet-api

# Debian 13, with glibc 2.41: any from 2.36 on will do for the native HTTP module.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY grammar grammar
COPY scripts scripts
COPY src src
# What the API names as its build time, in seconds since 1970-01-01; without it, the time of this build.
ARG SOURCE_DATE_EPOCH
RUN npm run build && npm prune --omit=dev
# The HTTP package brings its native module for every platform: 5 MB each, of which one is used.
RUN find node_modules/@btc-vision/uwebsockets.js -name '*.node' \
    ! -name "uws_linux_*_$(node -p process.versions.modules).node" -delete

FROM ${NODE_IMAGE}
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# A new volume takes over the owner of the folder that it is mounted on.
RUN mkdir /data && chown node:node /data
ENV NODE_ENV=production \
    HYPERFLEET_SERVER_HOST=0.0.0.0 \
    HYPERFLEET_STORAGE_PATH=/data
# The user `node` by number, so that a platform can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8000 8080 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.HYPERFLEET_HEALTH_PORT || 8080) + '/healthz').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/cli/hyperfleet.js", "serve"]
