// A counter that blinks eight lights, with a multiplier so that a hardware block is used.
module top(input clk, input [7:0] sw, output reg [7:0] led);
  reg [23:0] counter = 0;
  reg [15:0] product = 0;
  always @(posedge clk) begin
    counter <= counter + 1;
    product <= sw * counter[23:16];
    led <= product[15:8] ^ product[7:0] ^ counter[23:16];
  end
endmodule
