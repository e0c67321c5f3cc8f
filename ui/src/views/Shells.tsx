export function Shells() { return <p>Shells</p>; }
