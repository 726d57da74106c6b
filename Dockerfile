# An image with glidepath and nothing else: the Argo CD plugin's sidecar, and `docker run glidepath …` for everything that needs
# no git and no network.
#
#   docker build --tag glidepath:0.1.0 .

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The same script as outside of an image: one static binary against glibc.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cp "$(.cargo/static)" /glidepath

FROM scratch
COPY --from=build --chmod=0755 /glidepath /usr/local/bin/glidepath
# The user of Argo CD's own containers: the repo server connects to the socket that the sidecar opens.
USER 999:999
ENTRYPOINT ["/usr/local/bin/glidepath"]
