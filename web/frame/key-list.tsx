import { boundKeys } from "../keys/use-keys.ts";
import { Dialog } from "../parts/dialog.tsx";

/** Every key that works here, and what it does. */
export const KeyList = ({ open, onClose }: { open: boolean; onClose: () => void }) => (
  <Dialog title="Keys" open={open} onClose={onClose}>
    {open &&
      boundKeys().map(({ where, keys }) => (
        <section key={where} aria-label={where}>
          <h3>{where}</h3>
          <dl style={{ display: "grid", gridTemplateColumns: "88px 1fr", gap: "4px 12px" }}>
            {keys.map((one) => (
              <div key={one.keys} style={{ display: "contents" }}>
                <dt>
                  {one.keys.split(" ").map((key) => (
                    <kbd key={key} style={{ marginRight: 4 }}>
                      {key}
                    </kbd>
                  ))}
                </dt>
                <dd>{one.does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    <p className="soft small">Tab and Enter work everywhere; Escape closes what lies on top.</p>
  </Dialog>
);
