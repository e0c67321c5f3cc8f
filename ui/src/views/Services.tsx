export function Services() { return <p>Services</p>; }
