import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import "./style.css";

export const metadata: Metadata = {
  title: "A site with Amplify",
  description: "A small Next.js site with AWS Amplify that makes the mistake people make.",
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>
          <p className="brand">A site with Amplify</p>
          <nav aria-label="Pages">
            <Link href="/login" prefetch={false}>
              Sign in
            </Link>
            <Link href="/account" prefetch={false}>
              Account
            </Link>
            <Link href="/members" prefetch={false}>
              Members
            </Link>
          </nav>
        </header>
        {children}
        <footer>An example of Hardtack. Nothing here is wrong at first sight.</footer>
      </body>
    </html>
  );
}
