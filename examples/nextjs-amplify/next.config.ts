import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  turbopack: { root: import.meta.dirname },
  // Hosts from which `next dev` may be asked; a production build asks nobody.
  allowedDevOrigins: ["*.hardtack.localhost"],
};

export default config;
