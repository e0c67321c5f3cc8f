# syntax=docker/dockerfile:1
# The image: jarvis with the git and ssh programs it runs, in a root file system of its own, as a user that is not root.
#
#   docker build -t jarvis .
#
# compose.yaml says how it is run. What is inside is decided by packaging/rootfs, which the tests run as well.

FROM rust:1.95.0-bookworm AS build
# The image's own toolchain is the one that rust-toolchain.toml names: nothing is fetched.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --profile dist --locked -p jarvis \
    && install -D -m 0755 target/dist/jarvis /out/jarvis

FROM debian:bookworm-slim AS rootfs
# Whatever Debian's security updates have made of them by now is wanted, not one version for good.
# hadolint ignore=DL3008
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY packaging/rootfs /packaging/rootfs
COPY --from=build /out/jarvis /out/jarvis
RUN /packaging/rootfs /out/jarvis /rootfs

FROM scratch
COPY --from=rootfs /rootfs/ /
# Again, for the owner: a volume that is made from this folder belongs to whom the folder belongs.
COPY --from=rootfs --chown=65532:65532 /rootfs/var/lib/jarvis/ /var/lib/jarvis/
# The context file, by which commands in the container find the running Jarvis, goes to /var/lib/jarvis.
ENV PATH=/usr/bin HOME=/var/lib/jarvis XDG_STATE_HOME=/var/lib
USER 65532:65532
WORKDIR /var/lib/jarvis
VOLUME /var/lib/jarvis
EXPOSE 7474
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/jarvis", "healthcheck"]
ENTRYPOINT ["/usr/bin/jarvis"]
CMD ["run", "--config", "/etc/jarvis/jarvis.yaml"]
