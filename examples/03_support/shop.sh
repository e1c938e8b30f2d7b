#!/bin/sh
# A shop for the example: `order ID` prints an order, `refund ID AMOUNT` a receipt.
here=$(dirname "$0")
case "$1" in
  order)
    [ -f "$here/orders/$2.json" ] || { echo "not_found: there is no order $2" >&2; exit 1; }
    cat "$here/orders/$2.json" ;;
  refund)
    printf '{"id": "R-%s", "amount": %s}\n' "$2" "$3" ;;
  *)
    echo "usage: shop.sh order ID | refund ID AMOUNT" >&2; exit 2 ;;
esac
