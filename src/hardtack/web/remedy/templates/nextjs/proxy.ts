// Every page passes here: what the browser shows is healed, then the site decides.

import type { NextRequest, NextResponse } from "next/server";

import { heal, type Visitor } from "./hardtack/heal";

export function __FUNCTION__(request: NextRequest): Promise<NextResponse> {
  return heal(request, decide);
}

// Not what is served as a file.
export const config = { matcher: ["/((?!_next/static|_next/image|favicon.ico|.*\\.[a-z0-9]+$).*)"] };
