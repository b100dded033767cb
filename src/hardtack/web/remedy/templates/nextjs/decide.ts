
// Yours: what the site decides for a request. Whatever is answered here, the cookies' lines are put onto it.
//
//     if (visitor.state === "signed-out" && request.nextUrl.pathname.startsWith("/account")) {
//       return NextResponse.redirect(new URL("__SIGN_IN__", request.url));
//     }
async function decide(_request: NextRequest, _visitor: Visitor): Promise<NextResponse | undefined> {
  return undefined;
}
