export function Runbooks() { return <p>Runbooks</p>; }
