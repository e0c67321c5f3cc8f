export function Manifests() { return <p>Manifests</p>; }
